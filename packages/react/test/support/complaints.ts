import { cleanup } from '@testing-library/react';
import { afterEach, beforeEach, expect, type MockInstance, vi } from 'vitest';

let complaints: MockInstance<typeof console.error>;

beforeEach(() => {
  complaints = vi.spyOn(console, 'error').mockImplementation(() => {});
});

// What React complains about is a failure: a mismatch, a snapshot that is not cached, an update that is lost.
afterEach(() => {
  cleanup();
  const told = complaints.mock.calls.map((values) => values.map(String).join(' '));
  complaints.mockRestore();
  // That a boundary caught something is what some tests are about.
  expect(told.filter((text) => !text.includes('The above error occurred in'))).toEqual([]);
});
