import { createServer } from 'node:http';

const port = Number(process.env['PORT'] ?? 3000);

createServer((_request, response) => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ status: 'ok' }));
}).listen(port, () => {
  console.log(`demo on http://localhost:${port}`);
});
