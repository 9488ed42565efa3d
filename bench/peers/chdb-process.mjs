// Runs ClickHouse statements one at a time for chdb.ts: a process of its own, so that its memory is not ours.
const { Session } = await import(process.argv[2])
const session = new Session()

process.on('message', ({ sql }) => {
  const started = performance.now()
  try {
    session.query(sql, 'CSV')
    process.send({ milliseconds: performance.now() - started })
  } catch (error) {
    process.send({ error: String(error) })
  }
})
