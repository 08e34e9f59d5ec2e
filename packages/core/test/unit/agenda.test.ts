import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Agenda, type Appointment } from '../../src/agenda.js'
import { ManualClock } from '../support/manual-clock.js'

test('whatever is scheduled and cancelled, everything else happens once, in order and in time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ due: fc.integer({ min: 0, max: 200 }), cancelled: fc.boolean() }), {
        maxLength: 60,
      }),
      async (entries) => {
        const clock = new ManualClock(0)
        const agenda = new Agenda(clock)
        const happened: number[] = []
        const made: Appointment[] = entries.map(({ due }) =>
          agenda.at(due, 'background', () => {
            expect(clock.monotonic()).toBe(due)
            happened.push(due)
          }),
        )
        entries.forEach(({ cancelled }, index) => {
          if (cancelled) made[index]!.cancel()
          if (cancelled) made[index]!.cancel()
        })
        expect(agenda.size).toBe(entries.filter(({ cancelled }) => !cancelled).length)
        expect(clock.timersActive).toBeLessThanOrEqual(1)
        await clock.advance(300)
        const expected = entries.filter(({ cancelled }) => !cancelled).map(({ due }) => due)
        expect(happened).toEqual(expected.sort((a, b) => a - b))
        expect(agenda.size).toBe(0)
        expect(clock.timersActive).toBe(0)
      },
    ),
    { numRuns: 200 },
  )
})

test('one timer serves ten thousand appointments', async () => {
  const clock = new ManualClock(0)
  const agenda = new Agenda(clock)
  let happened = 0
  for (let index = 0; index < 10_000; index++) agenda.at(1_000 + (index % 10), 'background', () => happened++)
  expect(clock.timersMade).toBe(1)
  await clock.advance(2_000)
  expect(happened).toBe(10_000)
  expect(clock.timersMade).toBe(10)
})

test('an appointment that a caller waits for keeps the process alive, a background one does not', async () => {
  const clock = new ManualClock(0)
  const agenda = new Agenda(clock)
  agenda.at(100, 'background', () => undefined)
  expect(clock.timersHolding).toBe(0)
  const awaited = agenda.at(500, 'awaited', () => undefined)
  expect(clock.timersHolding).toBe(1)
  await clock.advance(200)
  expect(clock.timersHolding).toBe(1)
  awaited.cancel()
  expect(clock.timersHolding).toBe(0)
})

test('a task that throws does not keep the others from running', () => {
  const clock = new ManualClock(0)
  const agenda = new Agenda(clock)
  let happened = 0
  agenda.at(10, 'background', () => {
    throw new Error('a logger, say')
  })
  agenda.at(20, 'background', () => happened++)
  return expect(clock.advance(15))
    .rejects.toThrow('a logger')
    .then(() => clock.advance(10))
    .then(() => {
      expect(happened).toBe(1)
    })
})

test('a delay longer than any timer accepts is waited for in parts', async () => {
  const clock = new ManualClock(0)
  const agenda = new Agenda(clock)
  let happened = false
  agenda.at(2 ** 33, 'background', () => (happened = true))
  await clock.advance(2 ** 33 - 1)
  expect(happened).toBe(false)
  await clock.advance(2)
  expect(happened).toBe(true)
  expect(clock.timersMade).toBeLessThan(10)
})

test('appointments that a task makes for this very moment still happen, those that it cancels do not', async () => {
  const clock = new ManualClock(0)
  const agenda = new Agenda(clock)
  const happened: string[] = []
  agenda.at(5, 'background', () => {
    happened.push('first')
    agenda.at(5, 'background', () => happened.push('second'))
    third.cancel()
  })
  const third = agenda.at(6, 'background', () => happened.push('third'))
  await clock.advance(10)
  expect(happened).toEqual(['first', 'second'])
})
