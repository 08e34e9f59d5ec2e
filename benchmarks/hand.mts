// hand-over between lanes of one process, or several (fork)
import { fork } from 'node:child_process'
import { connect } from '@quorumlock/clients'
const urls = [7101,7102,7103,7104,7105].map(p => `redis://127.0.0.1:${p}`)
const [procs, lanes, sections, pause] = process.argv.slice(2).map(Number)
if (procs > 0) {
  const all = []
  const kids = Array.from({ length: procs }, () => fork(new URL(import.meta.url), ['0', lanes, sections, pause], { execArgv: process.execArgv }))
  const key = 'h'+Date.now()
  await Promise.all(kids.map(k => new Promise(r => { k.on('message', m => { if (m === 'ready') r(0) }) })))
  const at = Date.now()+200
  await Promise.all(kids.map(k => new Promise(r => { k.send({ key, at }); k.on('message', m => { if (Array.isArray(m)) { all.push(...m); k.disconnect(); r(0) } }) })))
  all.sort((a,b) => a.in - b.in)
  const gaps = all.slice(1).map((x,i) => x.in - all[i].out).sort((a,b)=>a-b)
  const t0=Math.min(...all.map(x=>x.want)); console.log('first held after', (all[0].in-t0).toFixed(1), 'big gaps at section:', all.slice(1).map((x,i)=>[i, x.in-all[i].out]).filter(([,g])=>g>4).map(([i,g])=>i+':'+g.toFixed(1)).join(' '))
  const sec = all.map(x=>x.out-x.in).sort((a,b)=>a-b)
  const q = (p) => gaps[Math.floor(gaps.length*p)].toFixed(2)
  const waits = all.map(x=>x.in-x.want).sort((a,b)=>a-b)
  const total = all.at(-1).out - Math.min(...all.map(x=>x.want))
  const work = all.reduce((s,x)=>s+x.out-x.in,0)
  console.log('gap p10', q(.1), 'median', q(.5), 'p90', q(.9), 'max', gaps.at(-1).toFixed(2), 'section', sec[sec.length>>1].toFixed(2), 'total/ideal', (total/work).toFixed(2), 'longest wait', waits.at(-1).toFixed(0), 'rel', ((waits.at(-1))/((procs*lanes-1)*work/all.length)).toFixed(2))
} else {
  const r = await connect(urls, { ttl: 10_000, wait: Infinity })
  const now = () => Number(process.hrtime.bigint())/1e6
  process.on('message', async ({ key, at }) => {
    await new Promise(f => setTimeout(f, at - Date.now()))
    { const end = performance.now()+3000; await Promise.all(Array.from({ length: lanes }, async () => { while (performance.now() < end) { const l = await r.acquire(key+'w'); await l.release() } })); await new Promise(f=>setTimeout(f,1500-(performance.now()-end))) }
    const out = []; const c0 = process.cpuUsage()
    await Promise.all(Array.from({ length: lanes }, async () => { for (let i=0;i<sections;i++) { const want = now(); const l = await r.acquire(key); const a = now(); await new Promise(f=>setTimeout(f,pause)); const b = now(); out.push({want, in: a, out: b}); await l.release() } }))
    const c = process.cpuUsage(c0); console.log('child cpu per section us', ((c.user+c.system)/out.length).toFixed(0), 'user', (c.user/out.length).toFixed(0)); process.send(out); await r.close(); process.disconnect?.()
  })
  process.send('ready')
}
