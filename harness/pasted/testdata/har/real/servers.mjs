// Five servers with a mistake each, for a page of another origin.
import http from 'node:http';
export const page = 'http://127.0.0.1:4700', api = 'http://127.0.0.1:4701', other = 'http://127.0.0.1:4702';
const allow = {'Access-Control-Allow-Origin': page};
export const mistakes = {
  'missing': {call: `fetch('${api}/missing')`, answer: () => [200, {}]},
  'preflight-401': {call: `fetch('${api}/preflight-401', {method: 'PUT', headers: {Authorization: 'Bearer made-up'}})`,
    answer: r => r.headers.authorization ? [200, allow] : [401, {...allow, 'WWW-Authenticate': 'Bearer'}]},
  'header-not-listed': {call: `fetch('${api}/header-not-listed', {headers: {'X-Trace': '1'}})`,
    answer: r => r.method === 'OPTIONS' ? [204, {...allow, 'Access-Control-Allow-Headers': 'content-type'}] : [200, allow]},
  'star-with-credentials': {call: `fetch('${api}/star-with-credentials', {credentials: 'include'})`, answer: () => [200, {'Access-Control-Allow-Origin': '*'}]},
  'redirect': {call: `fetch('${api}/redirect')`, answer: () => [302, {...allow, Location: other + '/end'}]},
};
export function listen() {
  const blank = http.createServer((q, a) => { a.writeHead(200, {'Content-Type': 'text/html'}); a.end('<link rel="icon" href="data:,">'); }).listen(4700, '127.0.0.1');
  const s = http.createServer((q, a) => { const [status, headers] = mistakes[q.url.slice(1)].answer(q); a.writeHead(status, headers); a.end('{}'); }).listen(4701, '127.0.0.1');
  const end = http.createServer((q, a) => { a.writeHead(200); a.end('{}'); }).listen(4702, '127.0.0.1');
  return () => [blank, s, end].forEach(x => { x.close(); x.closeAllConnections(); });
}
