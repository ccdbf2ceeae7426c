/// What an expression may cost. Source: developer guide, "Constraints: Expression parameters", unless said otherwise.
enum Limits {
    /// UTF-8 bytes of an expression.
    static let expressionBytes = 4096
    /// AND, OR, NOT, comparators, BETWEEN and IN of a condition; + and - of an update. Parentheses and functions do not
    /// count, nor does the AND of a BETWEEN (ScyllaDB's test_limits.py, run against AWS).
    static let operators = 300
    /// Values in the list of IN. (ScyllaDB's test_condition_expression.py says 99, counting the operand before it; users'
    /// reports and the guide say 100, and a client that sends 100 must not be refused.)
    static let inValues = 100
    /// Elements of a document path, the root included.
    static let pathElements = 32
    /// The greatest index of a list element.
    static let listIndex = 2_147_483_647
    /// Bytes of a placeholder, its `#` or `:` included.
    static let placeholderBytes = 255
    /// Functions in functions. `if_not_exists(a,` takes 16 bytes, so legal expressions stay below 256. What walks the
    /// tree of operands recurses as deep as this, what walks a tree of conditions as deep as `operators`.
    static let functions = 256
}
