// Copies the examples from their files into the guides: `pnpm --filter @vitalwire/docs run update`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guides, root, updated } from './examples.mjs';

for (const guide of guides) writeFileSync(join(root, guide), updated(guide));
