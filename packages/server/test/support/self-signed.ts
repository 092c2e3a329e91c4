import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryFolder } from './command-line.ts';

/** A certificate for localhost that nobody has signed, as files. */
export function selfSigned(): { keyFile: string; certFile: string } {
  const folder = temporaryFolder();
  const [keyFile, certFile] = [join(folder, 'key'), join(folder, 'cert')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', keyFile, '-out', certFile];
  const { status, stderr } = spawnSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, ...files],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  return { keyFile, certFile };
}
