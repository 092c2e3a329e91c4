import { watch } from './watch.js';

watch(JSON.parse(process.argv[2]), (word) => console.log(word));
