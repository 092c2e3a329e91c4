// A server in a process of its own, started by ServerProcess.
import { serveProcess } from './serve-process.ts';

await serveProcess();
