import { parseDiagnosisId } from '@vitalwire/protocol';
import { Command, InvalidArgumentError } from 'commander';
import { signToken } from '../auth/sign-token.ts';
import { duration, list, option, readSecret } from './options.ts';

interface TokenFlags {
  jwtSecretFile: string;
  sub: string;
  diagnoses: number[];
  scope?: string;
  expires: number;
}

/** `vitalwire token`: prints a token, for trying things out and for scripts. */
export function tokenCommand(): Command {
  return new Command('token')
    .description('Print a signed token (JWT, HS256).')
    .requiredOption('--sub <user>', 'the user that the token is for')
    .option('--diagnoses <ids>', 'diagnoses that the user owns, separated by commas', diagnosisIds, [])
    .option('--scope <scope>', 'scope of the token; "broadcast" may publish to every diagnosis')
    .option('--expires <duration>', 'how long it is valid: 90s, 15m, 1h, 7d', duration, 3_600)
    .addOption(option('--jwt-secret-file <file>', 'file with the secret').makeOptionMandatory())
    .action(async ({ sub, diagnoses, scope, expires, jwtSecretFile }: TokenFlags) => {
      const secret = readSecret(jwtSecretFile);
      const token = await signToken({
        secret,
        sub,
        diagnoses,
        expiresInSeconds: expires,
        ...(scope !== undefined && { scope }),
      });
      console.log(token);
    });
}

function diagnosisIds(text: string): number[] {
  return list(text).map((item) => {
    const id = parseDiagnosisId(item);
    if (id === undefined) throw new InvalidArgumentError(`"${item}" is no diagnosis id.`);
    return id;
  });
}
