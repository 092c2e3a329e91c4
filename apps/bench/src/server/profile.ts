import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';

let session: Session | undefined;

/** Begins to note which functions the process spends its time in. It costs some of that time. */
export async function startProfile(): Promise<void> {
  session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
}

/** Writes what was noted, as Chrome's developer tools and others read it. */
export async function writeProfile(path: string): Promise<void> {
  if (session === undefined) throw new Error('no profile was started');
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  session = undefined;
  writeFileSync(path, JSON.stringify(profile));
}
