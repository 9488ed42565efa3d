/** Google's SDK, loaded on first use: who we are, jobs, and the bytes of result pages. */
import type { BigQuery, Job } from '@google-cloud/bigquery'
import { getBytes, type HttpAnswer } from '../warehouse/http-bytes.js'
import type { BigQuerySettings } from './connection-settings.js'
import type { QueryParameter } from './bind-statement.js'
import type { SchemaField } from './types.js'

/** A statement to run or to look at. */
export interface JobRequest {
  readonly text: string
  readonly parameters: readonly QueryParameter[]
  /** Bytes it may be billed for, where that is less than the connection allows. */
  readonly mostBytes?: number
}

/** One source's access to BigQuery. */
export class BigQueryClient {
  readonly settings: BigQuerySettings
  #sdk: Promise<BigQuery> | undefined

  constructor(settings: BigQuerySettings) {
    this.settings = settings
  }

  /** The SDK's own client. */
  sdk(): Promise<BigQuery> {
    return (this.#sdk ??= this.#load())
  }

  /** Starts a job under an id of our own, so that it can be cancelled before anything is known of it. */
  async start(request: JobRequest, jobId: string): Promise<Job> {
    const sdk = await this.sdk()
    const { jobTimeout, labels } = this.settings
    const [job] = await sdk.createJob({
      jobId,
      ...this.#location(),
      configuration: {
        query: this.#query(request),
        ...(jobTimeout === undefined || jobTimeout === 0 ? {} : { jobTimeoutMs: String(jobTimeout) }), // prettier-ignore
        ...(Object.keys(labels).length === 0 ? {} : { labels }),
      },
    })
    return job
  }

  /** Has a statement analysed without running it: the bytes it would read, and the columns of its result. */
  async dryRun(
    request: JobRequest,
  ): Promise<{ readonly bytes: number; readonly fields: readonly SchemaField[] }> {
    const sdk = await this.sdk()
    const [, resource] = await sdk.createJob({
      ...this.#location(),
      configuration: { query: this.#query(request), dryRun: true },
    })
    const { statistics } = resource
    return {
      bytes: Number(statistics?.totalBytesProcessed ?? 0),
      fields: (statistics?.query?.schema?.fields ?? []) as readonly SchemaField[],
    }
  }

  /** Asks that a job be stopped. */
  async cancel(jobId: string): Promise<void> {
    const sdk = await this.sdk()
    await sdk.job(jobId, this.#location()).cancel()
  }

  /** GETs a page of a job's result, or the news that it still runs. The SDK would make objects of every row. */
  async page(
    jobId: string,
    location: string | undefined,
    pageToken: string | undefined,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    const { endpoint, project } = this.settings
    const url = new URL(
      `${endpoint}/bigquery/v2/projects/${encodeURIComponent(project)}/queries/${encodeURIComponent(jobId)}`,
    )
    url.searchParams.set('prettyPrint', 'false')
    url.searchParams.set('formatOptions.useInt64Timestamp', 'true')
    url.searchParams.set('timeoutMs', '10000')
    if (location !== undefined) url.searchParams.set('location', location)
    if (pageToken !== undefined) url.searchParams.set('pageToken', pageToken)
    const sdk = await this.sdk()
    // Without an address the signed token is one for all pages, not one to be signed for each.
    const headers = Object.fromEntries(new Headers(await sdk.authClient.getRequestHeaders()))
    return getBytes(url, headers, signal)
  }

  async #load(): Promise<BigQuery> {
    const { BigQuery } = await import('@google-cloud/bigquery')
    const { project, location, endpoint, keyFile, credentials, accessToken } = this.settings
    const sdk = new BigQuery({
      projectId: project,
      apiEndpoint: endpoint,
      ...(location === undefined ? {} : { location }),
      ...(keyFile === undefined ? {} : { keyFilename: keyFile }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(accessToken === undefined ? {} : { token: accessToken }),
      retryOptions: { autoRetry: true, maxRetries: 2, maxRetryDelay: 1, totalTimeout: 10 },
    })
    // A signed token of our own instead of one fetched for each process.
    sdk.authClient.useJWTAccessWithScope = true
    if (accessToken !== undefined) {
      const headers = (): Promise<Headers> =>
        Promise.resolve(new Headers({ authorization: `Bearer ${accessToken}` }))
      sdk.authClient.getRequestHeaders = headers
      sdk.authClient.authorizeRequest = async (request) => ({
        ...request,
        headers: Object.fromEntries([...(await headers())]) as never,
      })
    }
    return sdk
  }

  #query({ text, parameters, mostBytes }: JobRequest): Record<string, unknown> {
    const { dataset, project } = this.settings
    const limits = [this.settings.maximumBytesBilled, mostBytes].flatMap((limit) => limit ?? [])
    const maximumBytesBilled = limits.length === 0 ? undefined : String(Math.min(...limits.map(Number))) // prettier-ignore
    return {
      query: text,
      useLegacySql: false,
      ...(parameters.length === 0 ? {} : { parameterMode: 'NAMED', queryParameters: parameters }),
      ...(dataset === undefined ? {} : { defaultDataset: { datasetId: dataset, projectId: project } }), // prettier-ignore
      ...(maximumBytesBilled === undefined ? {} : { maximumBytesBilled }),
    }
  }

  #location(): { readonly location?: string } {
    const { location } = this.settings
    return location === undefined ? {} : { location }
  }
}
