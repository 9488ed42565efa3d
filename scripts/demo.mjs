// `npm run demo`: sets up what is missing, then runs the demo.
import { spawn } from 'node:child_process'
import { build, ensureDependencies, root } from './setup.mjs'

ensureDependencies()
build()
const child = spawn(
  process.execPath,
  ['--import', 'tsx', 'examples/shop/demo.ts', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
// Ctrl-C reaches the whole process group, a signal from elsewhere this process alone: the demo, which stops what it started, takes both.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code) => process.exit(code ?? 1))
