// A server with a type of its own, in a process of its own.
import { serveProcess } from '@vitalwire/testing';
import { clinicCatalogue } from '../../support/dose-update.ts';

await serveProcess({ catalogue: clinicCatalogue });
