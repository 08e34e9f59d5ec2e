// The tests of the scripts. The packages have configurations of their own.
export default {
  roots: ['<rootDir>/test/unit', '<rootDir>/scripts'],
  testMatch: ['<rootDir>/test/unit/*.test.mjs'],
  moduleFileExtensions: ['mjs', 'js'],
  transform: {},
}
