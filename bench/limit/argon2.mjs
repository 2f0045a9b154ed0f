// The upper bound for logins: the machine's rate of argon2id, one hash per core at a time, behind node:http.
import { availableParallelism } from 'node:os';
import { createServer } from 'node:http';
import { hash } from '@node-rs/argon2';

const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const waiting = [];
let running = 0;

function next() {
  while (running < availableParallelism() && waiting.length > 0) {
    running++;
    const response = waiting.shift();
    void hash('marble cactus orbit lantern', PARAMETERS).then((hashed) => {
      running--;
      response.end(hashed);
      next();
    });
  }
}

const server = createServer((request, response) => {
  request.resume();
  waiting.push(response);
  next();
});
server.listen(0, '127.0.0.1', () => console.log(`listens on http://127.0.0.1:${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
