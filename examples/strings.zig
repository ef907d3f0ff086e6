//! A library of string functions. input(): address of up to 4096 bytes; output(): address of the text that comes back.
//! roman(n): writes 1 to 3999 in Roman numerals, the length of it, 0 for other numbers; caesar(length, shift): shifts
//! the letters of the input; levenshtein(first, second): the edit distance of the input's first `first` bytes and the
//! `second` after them, each at most 255; glob(pattern, text): 1 where the text matches, with * and ? as wildcards.

var source: [4096]u8 = undefined;
var result: [4096]u8 = undefined;

export fn input() [*]u8 {
    return &source;
}

export fn output() [*]u8 {
    return &result;
}

const Numeral = struct { value: u32, text: []const u8 };

const numerals = [_]Numeral{
    .{ .value = 1000, .text = "M" }, .{ .value = 900, .text = "CM" }, .{ .value = 500, .text = "D" },
    .{ .value = 400, .text = "CD" }, .{ .value = 100, .text = "C" },  .{ .value = 90, .text = "XC" },
    .{ .value = 50, .text = "L" },   .{ .value = 40, .text = "XL" },  .{ .value = 10, .text = "X" },
    .{ .value = 9, .text = "IX" },   .{ .value = 5, .text = "V" },    .{ .value = 4, .text = "IV" },
    .{ .value = 1, .text = "I" },
};

export fn roman(n: u32) usize {
    if (n == 0 or n > 3999) return 0;
    var rest = n;
    var length: usize = 0;
    for (numerals) |numeral| {
        while (rest >= numeral.value) : (rest -= numeral.value) {
            @memcpy(result[length..][0..numeral.text.len], numeral.text);
            length += numeral.text.len;
        }
    }
    return length;
}

fn shifted(letter: u8, first: u8, shift: u8) u8 {
    return first + (letter - first + shift) % 26;
}

export fn caesar(length: usize, shift: i32) usize {
    const by: u8 = @intCast(@mod(shift, 26));
    for (source[0..length], result[0..length]) |letter, *place| {
        place.* = switch (letter) {
            'a'...'z' => shifted(letter, 'a', by),
            'A'...'Z' => shifted(letter, 'A', by),
            else => letter,
        };
    }
    return length;
}

export fn levenshtein(first: usize, second: usize) usize {
    const a = source[0..first];
    const b = source[first..][0..second];
    var row: [256]usize = undefined;
    for (row[0 .. b.len + 1], 0..) |*cell, j| cell.* = j;
    for (a, 0..) |x, i| {
        var diagonal = i;
        row[0] = i + 1;
        for (b, 1..) |y, j| {
            const substituted = diagonal + @intFromBool(x != y);
            diagonal = row[j];
            row[j] = @min(substituted, @min(row[j - 1], row[j]) + 1);
        }
    }
    return row[b.len];
}

fn matches(pattern: []const u8, text: []const u8) bool {
    if (pattern.len == 0) return text.len == 0;
    if (pattern[0] == '*') {
        return matches(pattern[1..], text) or (text.len > 0 and matches(pattern, text[1..]));
    }
    if (text.len == 0 or (pattern[0] != '?' and pattern[0] != text[0])) return false;
    return matches(pattern[1..], text[1..]);
}

export fn glob(pattern: usize, text: usize) bool {
    return matches(source[0..pattern], source[pattern..][0..text]);
}
