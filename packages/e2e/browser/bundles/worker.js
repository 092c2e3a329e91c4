import { watch } from './watch.js';

self.onmessage = ({ data }) => watch(data, (word) => self.postMessage(word));
