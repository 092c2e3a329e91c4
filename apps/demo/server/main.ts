import { startDemo } from './demo.ts';
import { greeting } from './greeting.ts';
import { readSettings, SettingError, type Settings } from './settings.ts';

try {
  const settings = readSettings(process.env);
  const demo = await startDemo(settings).catch((error) => {
    throw explain(error, settings);
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      // The handler is gone now, so a second signal ends the process at once.
      demo.close().catch((error) => {
        console.error(error);
        process.exitCode = 1;
      });
    });
  }
  console.log(greeting(demo, settings.dataFolder));
} catch (error) {
  const expected = error instanceof SettingError || (error instanceof Error && 'code' in error);
  console.error(expected ? error.message : error);
  process.exitCode = 1;
}

/** Says what to do about the failures that happen to people. */
function explain(error: unknown, { port, host, dataFolder }: Settings): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const other = port === 65_535 ? 8000 : port + 1;
    return new SettingError(
      `Port ${port} is taken: another program, perhaps another demo, listens on ${host}:${port}.\n` +
        `End it, or take another port: PORT=${other} npm start`,
    );
  }
  if (code === 'EACCES' && port > 0 && port < 1024) {
    return new SettingError(`Port ${port} needs more rights. Take another one: PORT=8000 npm start`);
  }
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return new SettingError(`HOST ${host} is no address of this machine.`);
  }
  if (code === 'unavailable') {
    return new SettingError(
      `The data in ${dataFolder} is in use by another demo.\n` +
        'End that one, or take another folder: VITALWIRE_DEMO_DATA=other-folder npm start',
    );
  }
  return error;
}
