// Loaded by a server before everything else: `--import …/plant.ts?bug=<name>` changes a source file on its way in.
import { registerHooks } from 'node:module';
import { bugs } from './bugs.ts';

const name = new URL(import.meta.url).searchParams.get('bug');
const bug = bugs.find((candidate) => candidate.name === name);
if (bug === undefined) throw new Error(`there is no bug ${name}`);

const sources = import.meta.resolve('@vitalwire/server');
const left = new Set(bug.edits);

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const edits = bug.edits.filter(({ file }) => new URL(file, sources).href === url);
    if (edits.length === 0) return loaded;
    let source = String(loaded.source);
    for (const edit of edits) {
      if (!source.includes(edit.search)) throw new Error(`${edit.file} does not hold: ${edit.search}`);
      source = source.replace(edit.search, () => edit.replacement);
      left.delete(edit);
    }
    // The harness believes only in what was said.
    if (left.size === 0) process.stdout.write(`planted ${bug.name}\n`);
    return { ...loaded, source };
  },
});
