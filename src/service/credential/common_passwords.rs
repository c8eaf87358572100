//! What people choose when a password must be long: words and runs, written by hand.

/// Words and habits that add nothing to a password. Lower-case, letters already read
/// back from digits and signs (`p4ssw0rd` is `password`).
pub(super) const WORDS: &[&str] = &[
    "password", "passwort", "passwd", "passcode", "administrator", "administration", "admin",
    "welcome", "letmein", "changeme", "iloveyou", "sunshine", "princess", "football", "baseball",
    "superman", "batman", "dragon", "monkey", "shadow", "master", "trustno", "whatever", "secret",
    "default", "temporary", "user", "login", "root", "test", "guest", "qwerty", "qwertz", "azerty",
    "woaini", "woaiwojia", "mima", "wodemima", "nihao", "zhongguo", "china", "beijing", "henan",
    "zhumadian", "luohe", "jiaozuo", "zhengzhou", "aini", "wangyou", "caonima", "system",
    "manager", "office", "computer", "internet", "hello", "company", "government", "zhengfu",
];

/// Runs of keys and characters: a piece of four or more, forwards or backwards, adds
/// nothing.
pub(super) const RUNS: &[&str] = &[
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
    "qazwsxedcrfvtgbyhnujmikolp",
    "!@#$%^&*()_+",
    "147258369",
    "789456123",
    "5201314",
];
