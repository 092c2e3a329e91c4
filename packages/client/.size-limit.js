// Vite and webpack keep the licence notices of dependencies out of what a page loads.
const modifyRolldownConfig = (config) => ({ ...config, output: { ...config.output, comments: false } });

export default [
  {
    name: 'as a page loads it, with protocol and reconnecting-websocket (brotli)',
    path: 'dist/index.js',
    import: '{ createClient }',
    entry: ['index'],
    limit: '10 kB',
  },
  {
    name: 'with what is loaded when it is needed: zod when a message fails its schema, and what makes sense of inspect',
    path: 'dist/index.js',
    import: '{ createClient }',
    limit: '20 kB',
  },
  {
    name: 'the panel of /devtools, which is loaded where it is mounted',
    path: 'dist/devtools/index.js',
    import: '{ mountDevtools }',
    limit: '4 kB',
  },
  {
    name: 'what /tabs adds to a page that has the client',
    path: 'dist/tabs/index.js',
    import: '{ shareAcrossTabs }',
    ignore: ['reconnecting-websocket'],
    limit: '3 kB',
  },
].map((check) => ({ ...check, modifyRolldownConfig }));
