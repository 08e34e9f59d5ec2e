import { Redlock } from '@quorumlock/core'
const mk = (i) => { let q=[]; const flush=()=>{ const b=q; q=[]; setImmediate(()=>{ const clock=Date.now(); const g={vote:'granted',clock}; for (const [c,a] of b) a(c.kind === 'greet' ? {vote:'granted', clock, greeting: {run:'r'+i,durable:false,marker:{fleet:'f',run:'r'+i,longestTtl:10000,highestToken:0,quarantine:null}}} : g) }) }
 return { name: 'n'+i, connected: true, send(c, a) { if (q.length===0) process.nextTick(flush); q.push([c,a]) } } }
const r = new Redlock({ nodes: [1,2,3,4,5].map(mk), ttl: 10000, wait: Infinity, ...JSON.parse(process.argv[2] ?? '{}') })
let n=0
for (let k=0;k<5;k++) { const c0=process.cpuUsage(); const N=2000; await Promise.all(Array.from({length:64}, async()=>{ for (let i=0;i<N;i++) { const l = await r.acquire('bench:'+(n++%10000)); await l.release() } })); const c=process.cpuUsage(c0); console.log('core per cycle', ((c.user+c.system)/N/64).toFixed(2)) }
await r.close()
