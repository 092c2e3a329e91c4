import { watch } from './watch.js';

const settings = JSON.parse(decodeURIComponent(location.hash.slice(1)));

function listIn(name) {
  const list = document.getElementById(name);
  return (word) => {
    const item = document.createElement('li');
    item.textContent = word;
    list.append(item);
  };
}

watch(settings, listIn('page'));

const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
const say = listIn('worker');
worker.onmessage = ({ data }) => say(data);
worker.onerror = ({ message }) => say(message);
worker.postMessage(settings);
