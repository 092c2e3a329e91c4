import { describe, expect, it } from 'vitest';
import { ResponseParser } from '../../src/load/response-parser.ts';

function parse(chunks: readonly string[]): [number, string][] {
  const responses: [number, string][] = [];
  const parser = new ResponseParser((status, body) => responses.push([status, body]));
  const memory = Buffer.alloc(1_000);
  for (const chunk of chunks) parser.push(memory, memory.write(chunk));
  return responses;
}

const sized = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\ncontent-length: 5\r\n\r\nhello';
const chunked = 'HTTP/1.1 503 Unavailable\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';

describe('ResponseParser', () => {
  it('reads one response after another', () => {
    expect(parse([sized, chunked, sized])).toEqual([
      [200, 'hello'],
      [503, '5\r\nhello\r\n0\r\n\r\n'],
      [200, 'hello'],
    ]);
  });

  it.each([sized, chunked])('waits for the end of a response, wherever it is cut', (response) => {
    for (let cut = 1; cut < response.length; cut++) {
      expect(parse([response.slice(0, cut), response.slice(cut)])).toHaveLength(1);
    }
  });

  it('refuses what it would miscount', () => {
    expect(() => parse([sized + sized])).toThrow('more than it was asked for');
    expect(() => parse(['HTTP/1.1 200 OK\r\n\r\nhello'])).toThrow('no length');
  });
});
