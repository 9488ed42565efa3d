/** An error as the server reports it: MongoDB's number and text. */
export class ServerError extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Refuses, with MongoDB's number. */
export function fail(code: number, message: string): never {
  throw new ServerError(code, message)
}
