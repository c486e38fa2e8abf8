"""Windows' rules of command lines: a program gets one string and takes it apart itself."""

from __future__ import annotations


def split(line: str) -> list[str]:
    """Split a command line as CommandLineToArgvW does.

    Source: Microsoft's "Parsing C++ command-line arguments".
    """
    words: list[str] = []
    word, quoted, begun = "", False, False
    position, length = 0, len(line)
    while position < length:
        character = line[position]
        if character == "\\":
            end = position
            while end < length and line[end] == "\\":
                end += 1
            count = end - position
            position = end
            if position < length and line[position] == '"':
                word += "\\" * (count // 2)
                if count % 2:
                    word += '"'
                    position += 1
            else:
                word += "\\" * count
            begun = True
            continue
        if character == '"':
            if quoted and line[position + 1 : position + 2] == '"':
                word += '"'
                position += 1
            else:
                quoted = not quoted
            begun = True
        elif character in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word += character
            begun = True
        position += 1
    if begun:
        words.append(word)
    return words
