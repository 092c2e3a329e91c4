import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, rm, statfs, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SIZE_BYTES = 512 * 1024 * 1024;
/** Where files are kept in memory: the time of a sync then does not depend on what else the machine does. */
const MEMORY = '/dev/shm';
const UNSYNCED = 'perhaps';
/** `EXT4_IOC_SHUTDOWN` with `EXT4_GOING_FLAGS_NOLOGFLUSH`: what was not synced is gone, the journal too. */
const SHUTDOWN = `open(my $folder, '<', $ARGV[0]) or die $!; my $flags = pack('I', 2); ioctl($folder, 0x8004587d, $flags) or die $!`;

/**
 * An ext4 file system of its own in a file, mounted through a loop device: its power can be cut, and it can be full.
 * Needs root and loop devices.
 */
export class Disk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;

  private constructor(image: string, path: string) {
    this.#image = image;
    this.path = path;
  }

  /** Why this machine cannot have one; `undefined` when it can. */
  static async unavailable(folder: string): Promise<string | undefined> {
    try {
      const disk = await Disk.create(join(folder, 'probe'), 32 * 1024 * 1024);
      await disk.losePower().finally(() => disk.restore().finally(() => disk[Symbol.asyncDispose]()));
      return undefined;
    } catch (error) {
      return `no ext4 on a loop device: ${String(error).replaceAll('\n', ' ')}`;
    }
  }

  static async create(folder: string, bytes = SIZE_BYTES): Promise<Disk> {
    const image = existsSync(MEMORY) ? join(MEMORY, folder.replaceAll('/', '_')) : folder;
    const disk = new Disk(`${image}.img`, folder);
    await mkdir(folder, { recursive: true });
    await writeFile(disk.#image, '');
    await truncate(disk.#image, bytes);
    await run('mkfs.ext4', ['-q', '-F', '-m', '0', disk.#image]);
    await disk.#mount();
    return disk;
  }

  /** Cuts the power. Whoever has files open gets errors, and has to end before {@link restore}. */
  async losePower(): Promise<void> {
    await run('perl', ['-e', SHUTDOWN, this.path]);
  }

  /** Mounts it again, after the loss of power. */
  async restore(): Promise<void> {
    await this.#unmount();
    await this.#mount();
  }

  /** Writes something and does not sync it: it does not survive a loss of power. */
  async writeUnsynced(): Promise<void> {
    await writeFile(this.#unsynced, UNSYNCED);
  }

  /** Whether what {@link writeUnsynced} wrote is there. Its file may be, when something else was synced after it. */
  async hasUnsynced(): Promise<boolean> {
    const text = await readFile(this.#unsynced, 'utf8').catch(() => '');
    await rm(this.#unsynced, { force: true });
    return text === UNSYNCED;
  }

  /** Takes all the space that is left. */
  async fill(): Promise<void> {
    const { bavail, bsize } = await statfs(this.path);
    await run('fallocate', ['-l', String(bavail * bsize), this.#ballast]).catch(() => {});
    const file = await open(this.#ballast, 'a');
    try {
      // What cannot be allocated in one piece.
      for (;;) await file.write(Buffer.alloc(4_096));
    } catch {
      // Full.
    } finally {
      await file.close();
    }
  }

  async free(): Promise<void> {
    await rm(this.#ballast, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#unmount();
    await rm(this.#image, { force: true });
  }

  get #unsynced(): string {
    return join(this.path, 'unsynced');
  }

  get #ballast(): string {
    return join(this.path, 'ballast');
  }

  async #unmount(): Promise<void> {
    await run('umount', [this.path]);
  }

  async #mount(): Promise<void> {
    // Nothing reaches the disk by itself while a test runs.
    await run('mount', ['-o', 'loop,commit=600', this.#image, this.path]);
  }
}
