// Installs the locked dependencies when they are missing or stale, and compiles.
import { build, ensureDependencies } from './setup.mjs'

ensureDependencies()
build()
