/** Tells the Prisma command line where the schema is. The service itself does not read this. */
import { defineConfig } from 'prisma/config'

export default defineConfig({ schema: 'prisma/schema.prisma' })
