// Tests of pages: `import { test, expect } from '@vitalwire/testing/playwright'`

export { createTest, type Fixtures, type ServerOptions, test, type VitalwireTest } from './fixtures.ts';
export { type AssertionOptions, type DiagnosisOptions, expect } from './matchers.ts';
export { recordPage, replayInPage } from './page-trace.ts';
export type { TestedServer } from './tested-server.ts';
