import { Command } from 'commander';
import { beginNewEpochs } from '../log/new-epochs.ts';
import { logFileIn, option } from './options.ts';

/** `vitalwire new-epochs`: makes an older copy of the log usable after it was put back. */
export function newEpochsCommand(): Command {
  return new Command('new-epochs')
    .description(
      'Begin new epochs. Run it once after putting back an older copy of the log; the server must not run.',
    )
    .addOption(option('--data <folder>', 'folder of the SQLite log').makeOptionMandatory())
    .action(({ data }: { data: string }) => {
      const count = beginNewEpochs(logFileIn(data));
      console.log(`new epochs begun: ${count}; every subscriber that comes back is told of a gap`);
    });
}
