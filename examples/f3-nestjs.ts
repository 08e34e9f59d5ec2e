// F3: NestJS: the client as a provider, and an interceptor by which any handler runs under a lock.
import 'reflect-metadata'
import assert from 'node:assert/strict'
import {
  type CallHandler,
  ConflictException,
  Controller,
  type ExecutionContext,
  Inject,
  Injectable,
  Logger,
  Module,
  type NestInterceptor,
  type OnApplicationShutdown,
  Param,
  Post,
  UseInterceptors,
} from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import type { Redlock } from '@quorumlock/core'
import { lastValueFrom, type Observable, of } from 'rxjs'
import { close, open, sleep } from './open.js'

/** A token of our own, since a provider that a factory makes has no class to go by. */
const REDLOCK = Symbol('redlock')

/** One caller at a time for each `:id` of a route; the others get 409 at once. */
@Injectable()
class OneAtATime implements NestInterceptor {
  constructor(@Inject(REDLOCK) private readonly redlock: Redlock) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const { params } = context.switchToHttp().getRequest<{ params: { id: string } }>()
    const resource = `${context.getClass().name}:${params.id}`
    // The handler runs when its observable is subscribed to, so it has to end within the lock.
    const outcome = await this.redlock.tryUsing(resource, () => lastValueFrom(next.handle()))
    if (!outcome.acquired) throw new ConflictException('somebody is at it')
    return of(outcome.value)
  }
}

@Controller('reports')
class Reports {
  @Post(':id')
  @UseInterceptors(OneAtATime)
  async make(@Param('id') id: string): Promise<{ made: string }> {
    await sleep(300)
    return { made: id }
  }
}

@Module({
  controllers: [Reports],
  // `useFactory: () => connect(urls)` in a service: Nest waits for it.
  providers: [OneAtATime, { provide: REDLOCK, useFactory: () => open() }],
})
class App implements OnApplicationShutdown {
  constructor(@Inject(REDLOCK) private readonly redlock: Redlock) {}

  onApplicationShutdown(): Promise<void> {
    return this.redlock.close()
  }
}

Logger.overrideLogger(false)
const apps = await Promise.all([1, 2].map(() => NestFactory.create(App)))
const addresses: string[] = []
for (const app of apps) {
  await app.listen(0, '127.0.0.1')
  addresses.push(await app.getUrl())
}
const post = async (address: string | undefined, id: string): Promise<number> =>
  (await fetch(`${String(address)}/reports/${id}`, { method: 'POST' })).status

const [here, there] = addresses
const statuses = await Promise.all([post(here, 'may'), post(there, 'may'), post(there, 'june')])
console.log(`the report of May asked for in two processes, that of June in one: ${statuses.join(', ')}`)
assert.deepEqual(statuses.slice(0, 2).sort(), [201, 409])
assert.equal(statuses[2], 201, 'another report is another lock')
assert.equal(await post(here, 'may'), 201, 'free again when the first is made')
await Promise.all(apps.map((app) => app.close()))
await close()
