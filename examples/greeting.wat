;; Bulk memory: greet(length) puts "Hello, ", then the name of that length from input(), then "!" at output(), and
;; gives the length of it all. repeat(byte, count) fills output(). The prefix lives in a passive segment.
(module $greeting
  (memory (export "memory") 1 4)
  (data $prefix "Hello, ")
  (global $input i32 (i32.const 1024))
  (global $output i32 (i32.const 2048))
  (func (export "input") (result i32) (global.get $input))
  (func (export "output") (result i32) (global.get $output))
  (func $greet (export "greet") (param $length i32) (result i32)
    (memory.init $prefix (global.get $output) (i32.const 0) (i32.const 7))
    (memory.copy
      (i32.add (global.get $output) (i32.const 7))
      (global.get $input)
      (local.get $length))
    (i32.store8 offset=7 (i32.add (global.get $output) (local.get $length)) (i32.const 0x21))
    (i32.add (local.get $length) (i32.const 8)))
  (func $repeat (export "repeat") (param $byte i32) (param $count i32)
    (memory.fill (global.get $output) (local.get $byte) (local.get $count))))
