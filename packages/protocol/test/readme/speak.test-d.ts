// biome-ignore-all lint/style/noRestrictedImports: an example of the README, which names the package as its users do
import { catalogue, createMessageDecoder, encodeCommand, SUBPROTOCOL } from '@vitalwire/protocol';

const token = process.env['TOKEN'] ?? '';
const decode = createMessageDecoder(catalogue);
const socket = new WebSocket('wss://api.example.com/ws', SUBPROTOCOL);

socket.addEventListener('open', () => {
  socket.send(encodeCommand({ type: 'authenticate', token }));
  socket.send(encodeCommand({ type: 'subscribe', diagnosis_id: 123 }));
});
socket.addEventListener('message', ({ data }) => {
  const result = decode(data);
  if ('invalid' in result) console.warn(result.invalid.error.issues, result.invalid.position);
  else if (result.message.type === 'feedback_update') console.log(result.message.data.rating);
});
