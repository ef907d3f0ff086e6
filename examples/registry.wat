;; Host objects kept in a table of references. store(object): its handle, the table grows as needed; fetch(handle): the
;; object; drop(handle): 1 where there was none; both trap on a handle that was never given. last: the newest object.
(module $registry
  (table $objects (export "objects") 0 externref)
  (global $last (export "last") (mut externref) (ref.null extern))
  (func $store (export "store") (param $object externref) (result i32)
    (global.set $last (local.get $object))
    (table.grow $objects (local.get $object) (i32.const 1)))
  (func $fetch (export "fetch") (param $handle i32) (result externref)
    (table.get $objects (local.get $handle)))
  (func $drop (export "drop") (param $handle i32) (result i32)
    (ref.is_null (table.get $objects (local.get $handle)))
    (table.set $objects (local.get $handle) (ref.null extern)))
  (func $size (export "size") (result i32)
    (table.size $objects)))
