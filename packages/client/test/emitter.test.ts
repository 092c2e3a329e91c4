import { describe, expect, it } from 'vitest';
import { createEmitter } from '../src/emitter.ts';

describe('an emitter', () => {
  it('calls the handlers of a type in the order of their registration, at once', () => {
    const emitter = createEmitter(() => {});
    const calls: string[] = [];
    emitter.on('a', (value: string) => calls.push(`1 ${value}`));
    emitter.on('b', () => calls.push('b'));
    emitter.on('a', (value: string) => calls.push(`2 ${value}`));
    emitter.emit('a', 'x');
    expect(calls).toEqual(['1 x', '2 x']);
  });

  it('reports what a handler throws or rejects with, and calls the others', async () => {
    const errors: unknown[] = [];
    const emitter = createEmitter((error) => errors.push(error));
    let called = 0;
    emitter.on('a', () => {
      throw new Error('thrown');
    });
    emitter.on('a', async () => {
      throw new Error('rejected');
    });
    emitter.on('a', () => called++);
    emitter.emit('a', 1);
    expect(called).toBe(1);
    await Promise.resolve();
    await Promise.resolve();
    expect(errors.map(String).sort()).toEqual(['Error: rejected', 'Error: thrown']);
  });

  it('calls nobody who was taken away, also not by an earlier handler', () => {
    const emitter = createEmitter(() => {});
    let called = 0;
    emitter.on('a', () => off());
    const off = emitter.on('a', () => called++);
    emitter.emit('a', 1);
    expect(called).toBe(0);
  });
});
