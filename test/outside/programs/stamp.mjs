// Loaded before a program whose text must stay unchanged. Puts the time before each line that it prints.
const { log } = console
console.log = (...words) => log(Date.now(), ...words)
