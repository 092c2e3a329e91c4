import { createServer, memoryLog } from '@vitalwire/server';

const server = createServer({
  auth: {
    jwksUrl: 'https://login.example.com/.well-known/jwks.json',
    algorithms: ['RS256'],
    issuer: 'https://login.example.com/',
    audience: 'vitalwire',
  },
  log: memoryLog(),
});
console.log(await server.listen({ port: 8000 }));
