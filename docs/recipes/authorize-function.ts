import { type Authorize, createServer, memoryLog } from '@vitalwire/server';

/** Stands for your database. */
const careTeams = new Map([[123, { patient: '7', clinicians: ['okafor'] }]]);

const authorize: Authorize = async ({ userId }, action, diagnosisId) => {
  const team = careTeams.get(diagnosisId);
  if (team === undefined) return 'deny';
  const treats = team.clinicians.includes(userId);
  return action === 'publish' ? treats : treats || team.patient === userId;
};

const server = createServer({ auth: { secret: process.env.JWT_SECRET ?? '' }, log: memoryLog(), authorize });
console.log(await server.listen({ port: 8000 }));
