/** Lint with type information, and the fences between the rooms (docs/architecture.md). */
import js from '@eslint/js'
import importX, { createNodeResolver } from 'eslint-plugin-import-x'
import tseslint from 'typescript-eslint'

/** Rooms whose files take values and return values: no clock, no chance, no other room. */
const pure = {
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'Time enters as data.' },
    { object: 'Math', property: 'random', message: 'Chance enters as data.' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: 'NewExpression[callee.name="Date"]', message: 'Time enters as data.' },
  ],
}

/** Forbids imports into `files` from other rooms and packages, by glob. */
function fence(files, group, message, ignores = []) {
  return {
    files,
    ignores,
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group, message }] }] },
  }
}

export default tseslint.config(
  {
    ignores: [
      'node_modules',
      'src/store/generated',
      'test/exporters/golden',
      'coverage',
      'data',
      'dist',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js'] })],
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // An import of types alone must vanish at run time, or it loads the module all the same.
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      // Our objects are closures made by factories: their methods know no `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_$' }],
    },
  },
  {
    files: ['*.config.{js,ts}', 'test/support/skip-reporter.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  { files: ['src/core/**/*.ts', 'exporters/**/*.ts'], rules: pure },
  fence(
    ['src/core/**/*.ts'],
    ['../**', 'node:*', 'zod', 'fastify', '@prisma/*'],
    'core is pure: it imports nothing but itself, ip-cidr and netmask.',
  ),
  fence(
    ['exporters/**/*.ts'],
    ['node:*', '../src/*', '!../src/core', 'zod'],
    'Exporters are pure: core and their own contract only.',
  ),
  fence(
    ['src/**/*.ts'],
    ['@prisma/*', 'pglite-prisma-adapter', '@electric-sql/*', 'pg', '**/generated/**'],
    'The database is known to src/store alone.',
    ['src/store/**', 'src/core/**'],
  ),
)
