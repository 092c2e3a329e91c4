import * as z from 'zod/mini';
import { pingIdSchema } from '../commands.ts';
import { defineAnswer } from '../definition.ts';

export const pong = defineAnswer({
  type: 'pong',
  summary: 'Answers a ping, with its id.',
  data: z.object({ id: z.optional(pingIdSchema) }),
});
