/* SPDX-License-Identifier: MIT
 * A module with notes that no linker made; which, says CMakeLists.txt. */
#define EXPORT __attribute__((visibility("default")))

// clang-format off

/* A section of notes. */
#define BEGIN(name, flags, alignment) \
  ".pushsection " name ", \"" flags "\", @note\n.balign " #alignment "\n"
#define END ".popsection\n"
/* A note's header: bytes of its name, bytes of its content, type; 3 is that of build ids. */
#define NOTE(name, content, type) ".long " #name ", " #content ", " #type "\n"
#define GNU ".byte 'G', 'N', 'U', 0\n"

#if NOTES_BEHIND_OTHERS
__asm__(BEGIN(".note.made", "a", 4)
        /* Name and content are no whole words. */
        NOTE(5, 7, 3) ".byte 'M', 'A', 'D', 'E', 0, 0, 0, 0\n.fill 8, 1, 0xee\n"
        NOTE(4, 4, 1) GNU ".long 0xeeeeeeee\n"
        NOTE(4, 4, 3) ".byte 'G', 'N', 'X', 0\n.long 0xeeeeeeee\n"
        NOTE(4, 5, 3) GNU ".byte 1, 2, 3, 4, 5\n"
        END);
#elif NOTES_IN_TWO_SEGMENTS
__asm__(BEGIN(".note.first", "a", 4)
        NOTE(4, 3, 1) GNU ".byte 0xee, 0xee, 0xee\n"
        END
        BEGIN(".note.second", "a", 4)
        NOTE(4, 3, 3) GNU ".byte 7, 8, 9\n"
        END);
#elif NOTES_OF_TWO_ALIGNMENTS
__asm__(BEGIN(".note.first", "a", 8)
        NOTE(4, 16, 1) GNU ".fill 16, 1, 0xee\n"
        END
        BEGIN(".note.second", "a", 4)
        NOTE(4, 3, 3) GNU ".byte 7, 8, 9\n"
        END);
#elif NOTES_OF_EIGHT
/* Header and name of 16 bytes need nothing before the content; of 20 they do. */
__asm__(BEGIN(".note.made", "a", 8)
        NOTE(4, 16, 1) GNU ".fill 16, 1, 0xee\n"
        NOTE(8, 4, 1) ".byte 'A', 'R', 'E', 'N', 'I', 'T', 'E', 0\n.long 0, 0xeeeeeeee, 0\n"
        /* A name and a content that are no whole words. */
        NOTE(5, 2, 1) ".byte 'M', 'A', 'D', 'E', 0\n.balign 8\n.byte 0xee, 0xee\n.balign 8\n"
        NOTE(4, 16, 3) GNU ".fill 16, 1, 0x77\n"
        END);
#elif NOTES_THAT_ARE_LONG
__asm__(BEGIN(".note.made", "a", 4)
        NOTE(4, 80, 3) GNU ".fill 64, 1, 0x55\n.fill 16, 1, 0xee\n"
        END);
#elif NOTES_CUT_OFF
__asm__(BEGIN(".note.made", "a", 4)
        NOTE(4, 5, 3) GNU ".long 0xeeeeeeee\n"
        END);
#endif

// clang-format on

EXPORT int in_module = 1;
