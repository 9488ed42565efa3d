/** Seeded data of the example shop: the same rows on every machine. */

export interface Customer {
  readonly id: number
  readonly name: string
  readonly email: string
  readonly segment: string
  readonly country: string
  readonly since: string
  readonly creditLimit: string
}

export interface Order {
  readonly id: number
  readonly customerId: number
  readonly placedOn: string
  readonly status: string
  readonly total: string
}

export interface Shipment {
  readonly id: number
  readonly orderId: number
  readonly product: string
  readonly quantity: number
  readonly price: string
  readonly shippedOn: string | null
}

export interface Visit {
  readonly customerId: number
  readonly visitedAt: string
  readonly page: string
  readonly seconds: number
}

export interface Ticket {
  readonly ticket: number
  readonly customer: number
  readonly opened: string
  readonly subject: string
  readonly sentiment: number | null
}

export interface Product {
  readonly sku: string
  readonly title: string
  readonly category: string
  readonly price: string
}

export interface ShopData {
  readonly customers: readonly Customer[]
  readonly orders: readonly Order[]
  readonly shipments: readonly Shipment[]
  readonly visits: readonly Visit[]
  readonly tickets: readonly Ticket[]
  readonly products: readonly Product[]
}

const FIRST = ['Ada', 'Ben', 'Cleo', 'Dario', 'Edda', 'Femi', 'Gülşen', 'Hugo', 'Inés', 'Jun', 'Kofi', 'Łucja'] // prettier-ignore
const LAST = ['Abbott', 'Baptiste', 'Castro', 'Dvořák', 'Eriksen', "O'Hara", 'Fischer', 'García', 'Huang', 'Ito', 'Jansen', 'Kaya'] // prettier-ignore
const SEGMENTS = ['consumer', 'business', 'public', 'partner']
const COUNTRIES = ['DE', 'FR', 'GB', 'JP', 'BR', 'NG', 'US', 'TR']
const CATEGORIES = ['tools', 'garden', 'kitchen', 'lighting', 'books']
const PAGES = ['/', '/sale', '/cart', '/help', '/account', '/search']
const SUBJECTS = ['Where is my parcel?', 'Wrong size', 'Invoice needed', 'Thank you!', 'Broken on arrival'] // prettier-ignore

/** Makes the data: `customers` people, ten orders and thirty shipped lines for each, on average. */
export function makeShopData(customers = 2000, seed = 20_261_123): ShopData {
  const random = seededRandom(seed)
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1))
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const money = (from: number, to: number): string => (whole(from * 100, to * 100) / 100).toFixed(2)
  const day = (from: string, days: number): string =>
    new Date(Date.parse(`${from}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
  const products = Array.from({ length: 200 }, (_, i): Product => {
    const category = pick(CATEGORIES)
    return {
      sku: `SKU-${String(i + 1).padStart(4, '0')}`,
      title: `${category} item ${i + 1}`,
      category,
      price: money(2, 300),
    }
  })
  const people = Array.from({ length: customers }, (_, i): Customer => {
    const name = `${pick(FIRST)} ${pick(LAST)}`
    return {
      id: i + 1,
      name,
      email: `customer${i + 1}@example.com`,
      segment: pick(SEGMENTS),
      country: pick(COUNTRIES),
      since: day('2015-01-01', whole(0, 3650)),
      creditLimit: money(0, 20_000),
    }
  })
  const orders: Order[] = []
  const shipments: Shipment[] = []
  for (let i = 0; i < customers * 10; i++) {
    const placedOn = day('2025-01-01', whole(0, 640))
    const lines = whole(1, 5)
    let cents = 0
    for (let l = 0; l < lines; l++) {
      const product = pick(products)
      const quantity = whole(1, 9)
      cents += Math.round(Number(product.price) * 100) * quantity
      shipments.push({
        id: shipments.length + 1,
        orderId: i + 1,
        product: product.sku,
        quantity,
        price: product.price,
        shippedOn: random() < 0.08 ? null : day(placedOn, whole(1, 14)),
      })
    }
    orders.push({
      id: i + 1,
      customerId: whole(1, customers),
      placedOn,
      status: pick(['open', 'paid', 'paid', 'paid', 'returned']),
      total: (cents / 100).toFixed(2),
    })
  }
  const visits = Array.from({ length: customers * 5 }, (): Visit => ({
    customerId: whole(1, customers),
    visitedAt: `${day('2025-01-01', whole(0, 640))} ${clock(whole(0, 86_399))}`,
    page: pick(PAGES),
    seconds: whole(1, 900),
  }))
  const tickets = Array.from({ length: Math.floor(customers / 2) }, (_, i): Ticket => ({
    ticket: i + 1,
    customer: whole(1, customers),
    opened: `${day('2025-01-01', whole(0, 640))} ${clock(whole(0, 86_399))}`,
    subject: pick(SUBJECTS),
    sentiment: random() < 0.1 ? null : whole(-100, 100) / 100,
  }))
  return { customers: people, orders, shipments, visits, tickets, products }
}

function clock(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(11, 19)
}

/** Makes the generator known as mulberry32: small, fast, the same everywhere. */
function seededRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
