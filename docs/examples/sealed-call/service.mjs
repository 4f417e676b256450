// Somebody who vouches for people, and serves the page: not the operator of the signaling server.
//
//   parley serve &
//   node service.mjs 8090 ws://127.0.0.1:8080/v1/connect ../../../clients/javascript
//
// then open http://127.0.0.1:8090/#ada and http://127.0.0.1:8090/#bob
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const [port = '8090', parley = 'ws://127.0.0.1:8080/v1/connect', client = '../../../clients/javascript'] = process.argv.slice(2)
const here = import.meta.dirname
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const types = { '.html': 'text/html', '.js': 'text/javascript' }

/** A real one asks first who it is, by whatever it knows people by. */
const isWhoTheySay = (name) => ['ada', 'bob'].includes(name)

const encoded = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

async function assertion(name, jwk) {
    const header = { alg: 'ES256', typ: 'parley-assertion+jwt' }
    const claims = { sub: name, name, exp: Math.floor(Date.now() / 1_000) + 3_600, cnf: { jwk } }
    const text = `${encoded(header)}.${encoded(claims)}`
    const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, Buffer.from(text))
    return `${text}.${Buffer.from(signature).toString('base64url')}`
}

async function answer({ method, url }, body) {
    const { pathname } = new URL(url, 'http://localhost')
    if (method === 'POST' && pathname === '/assertion') {
        const { name, key } = JSON.parse(body)
        if (!isWhoTheySay(name)) return [403, 'text/plain', 'Who are you?']
        return [200, 'text/plain', await assertion(name, key)]
    }
    if (pathname === '/settings') {
        return [200, 'application/json', JSON.stringify({ parley, key: await crypto.subtle.exportKey('jwk', publicKey) })]
    }
    const path = normalize(pathname)
    const file = path.startsWith('/client/') ? join(here, client, path.slice(8)) : join(here, path === '/' ? 'index.html' : path)
    return [200, types[extname(file)] ?? 'text/plain', await readFile(file)]
}

createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', async () => {
        const [status, type, text] = await answer(request, Buffer.concat(parts)).catch(() => [404, 'text/plain', 'Not found'])
        response.writeHead(status, { 'content-type': type }).end(text)
    })
}).listen(Number(port), '127.0.0.1', function listening() {
    console.log(`http://127.0.0.1:${this.address().port}/`)
})
