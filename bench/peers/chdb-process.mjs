// Runs ClickHouse statements one at a time for chdb.ts: a process of its own, so that its memory is not ours.
const { Session } = await import(process.argv[2])
const session = new Session()

process.on('message', ({ sql }) => {
  const started = performance.now()
  try {
    // One line is one row: line ends in values are escaped.
    const text = session.query(sql, 'TabSeparated')
    const milliseconds = performance.now() - started
    let rows = 0
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) rows++
    process.send({ milliseconds, rows })
  } catch (error) {
    process.send({ error: String(error) })
  }
})
