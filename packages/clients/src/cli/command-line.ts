import { parseArgs, type ParseArgsConfig } from 'node:util'
import { usage } from './failure.js'

type Options = NonNullable<ParseArgsConfig['options']>

interface Text {
  readonly type: 'string'
}

interface Switch {
  readonly type: 'boolean'
}

export interface CommonOptions {
  readonly node: Text & { readonly multiple: true; readonly short: 'n' }
  readonly config: Text
  readonly 'key-prefix': Text
  readonly quorum: Text
  readonly durable: Switch
  readonly timeout: Text
  readonly verbose: Switch & { readonly short: 'v' }
  readonly help: Switch & { readonly short: 'h' }
}

/** Flags of every command. */
export const common: CommonOptions = {
  node: { type: 'string', multiple: true, short: 'n' },
  config: { type: 'string' },
  'key-prefix': { type: 'string' },
  quorum: { type: 'string' },
  durable: { type: 'boolean' },
  timeout: { type: 'string' },
  verbose: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
}

export interface Parsed<T extends Options> {
  readonly values: ReturnType<
    typeof parseArgs<{ options: T; allowPositionals: true; strict: true }>
  >['values']
  /** The arguments before `--`. */
  readonly words: readonly string[]
  /** The arguments after `--`; undefined without one. */
  readonly rest: readonly string[] | undefined
}

/** Parses the flags of one command. Arguments after `--` are left unchanged. */
export function parse<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  const split = args.indexOf('--')
  const own = split < 0 ? args : args.slice(0, split)
  checkValues(own, options)
  try {
    const { values, positionals } = parseArgs({
      args: [...own],
      options,
      allowPositionals: true,
      strict: true,
    })
    return { values, words: positionals, rest: split < 0 ? undefined : args.slice(split + 1) }
  } catch (error) {
    // Node's messages are long, some have several lines; the first sentence is enough.
    throw usage((error as Error).message.split(/\.(?:\s|$)/)[0] as string)
  }
}

/** In `--ttl -3s` and `--wait --try` a value is wrong or missing, but Node's message calls the option ambiguous. */
function checkValues(args: readonly string[], options: Options): void {
  const { tokens } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind !== 'option' || options[token.name]?.type !== 'string' || token.inlineValue === true)
      continue
    if (token.value?.startsWith('-') === true) {
      throw usage(`Expected a value after ${token.rawName}, got "${token.value}", which looks like an option`)
    }
  }
}
