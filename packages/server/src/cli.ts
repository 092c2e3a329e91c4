#!/usr/bin/env node
import { Command } from 'commander';
import { refuseUnknownVariables } from './cli/environment.ts';
import { newEpochsCommand } from './cli/new-epochs.ts';
import { serveCommand } from './cli/serve.ts';
import { tokenCommand } from './cli/token.ts';
import { verifyCommand } from './cli/verify.ts';

const program = new Command('vitalwire')
  .description('Live diagnosis updates over WebSocket.')
  .addCommand(serveCommand())
  .addCommand(tokenCommand())
  .addCommand(newEpochsCommand())
  .addCommand(verifyCommand())
  .showHelpAfterError('Run with --help to see every option.')
  .hook('preAction', (_, command) => refuseUnknownVariables(command, process.env));

try {
  await program.parseAsync();
} catch (error) {
  console.error(`vitalwire: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
