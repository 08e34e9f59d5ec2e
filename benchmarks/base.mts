import { createClient } from 'redis'
const c = await createClient({ url: 'redis://127.0.0.1:7101', commandOptions: { timeout: 0 } }).connect()
const J = `[1,0,"R",81,"abcdefghijklmnopqrstuvwx","10000"]`
const W = `["173456789012 0 3000 quorumlock:wake:abcdefghijklmnop#1"]`
const variants = {
 'return 1': `return 1`,
 'KEYS': `local k = KEYS return 1`,
 'cjson small': `local j = cjson.decode(ARGV[1]) return 1`,
 'TIME': `local t = redis.call('TIME') return 1`,
 'TIME math': `local t = redis.call('TIME') local now = t[1]*1000 + math.floor(t[2]/1000) return {now}`,
 'HMGET3': `local t = redis.call('HMGET', KEYS[3], 'run','until','longest') return 1`,
 'HGET': `local t = redis.call('HGET', KEYS[3], 'run') return 1`,
 'EXISTS': `local t = redis.call('EXISTS', KEYS[2]) return 1`,
 'EXISTS unpack': `local t = redis.call('EXISTS', unpack(KEYS, 2, 2)) return 1`,
 'GET': `local t = redis.call('GET', KEYS[1]) return 1`,
 'MGET1': `local t = redis.call('MGET', KEYS[1]) return 1`,
 'SET PX NX': `local t = redis.call('SET', KEYS[1], ARGV[1], 'PX', '10000', 'NX') return 1`,
 'SET PX': `local t = redis.call('SET', KEYS[1], ARGV[1], 'PX', '10000') return 1`,
 'PSETEX': `local t = redis.call('PSETEX', KEYS[1], '10000', ARGV[1]) return 1`,
 'SET,pcall': `local t = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', '10000') return 1`,
 'DEL': `local t = redis.call('DEL', KEYS[4] or 'zz') return 1`,
 'closures20': `local a=1 ` + Array.from({length:20},(_,i)=>`local function f${i}(x) return a+x end`).join(' ') + ' return 1',
 'ZRANGEBYSCORE': `local t = redis.call('ZRANGEBYSCORE', KEYS[2], 0, '+inf', 'WITHSCORES', 'LIMIT', 0, 1) return 1`,
 'ZRANGEBYSCORE str': `local t = redis.call('ZRANGEBYSCORE', KEYS[2], '0', '+inf', 'WITHSCORES', 'LIMIT', '0', '1') return 1`,
 'ZSCORE': `local t = redis.call('ZSCORE', KEYS[2], '+a') return 1`,
 'match': `local a,b,c,d = string.match(ARGV[2], '^(%S+) (%S+) (%S+) (.*)$') return 1`,
 'tonumber': `local t = tonumber('10000') return 1`,
 'table': `local t = {} local u = {1,2,3} return 1`,
}
await c.sendCommand(['ZADD','{k}:q2','1','+a','2','+b'])
const P=(await import('node:fs')).readFileSync('/tmp/perf/7101.pid','utf8').trim()
const shas = {}; for (const [n,s] of Object.entries(variants)) shas[n] = await c.scriptLoad(s)
const best = {}
for (let r=0;r<4;r++) for (const n of Object.keys(variants)) { await c.sendCommand(['CONFIG','RESETSTAT']); const all=[]; for (let i=0;i<3000;i++) { all.push(c.sendCommand(['EVALSHA', shas[n], '3','k','{k}:q2','m', J, W])); if (all.length===50) { await Promise.all(all); all.length=0 } } await Promise.all(all)
 const st=await c.info('commandstats'); const us=Number(/evalsha:[^\n]*per_call=([\d.]+)/.exec(st)[1]); best[n]=Math.min(best[n]??99, us) }
for (const [n,u] of Object.entries(best)) console.log(n.padEnd(20), u, (u-best['return 1']).toFixed(2))
await c.close()
