/** Finds the fixtures: every file of `fixtures/` exports one. */
import { readdirSync } from 'node:fs'
import type { ConformanceFixture } from './fixture.js'

const directory = new URL('./fixtures/', import.meta.url)

/** Loads the fixtures, by kind. */
export async function loadFixtures(): Promise<readonly ConformanceFixture[]> {
  const files = readdirSync(directory).filter((name) => /\.[jt]s$/.test(name))
  const modules = await Promise.all(
    files
      .sort()
      .map(
        (name) => import(new URL(name, directory).href) as Promise<{ fixture: ConformanceFixture }>,
      ),
  )
  return modules.map((module) => module.fixture)
}
