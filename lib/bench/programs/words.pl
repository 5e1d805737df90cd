# SPDX-License-Identifier: MIT
# Strings, hashes, arrays and regular expressions in Perl.
use strict;
use warnings;

my $rounds = shift // 2;
my $checksum = 0;
for my $round (1 .. $rounds) {
    my (%lines, @records);
    for my $i (1 .. 40000) {
        my $key = sprintf("%s-%04d", chr(97 + $i % 26), $i * 7919 % 10007);
        push @{ $lines{$key} }, { number => $i, text => "grain $i of bed " . ($i % 97) };
        push @records, [ $i * 104729 % 65537, $key ];
    }
    my @sorted = sort { $a->[0] <=> $b->[0] || $a->[1] cmp $b->[1] } @records;
    my $text = join "\n", map { "$_->[1]:$_->[0]" } @sorted;
    my $found = 0;
    $found++ while $text =~ /^([a-m])-(\d+):(\d*7)$/mg;
    $text =~ s/(\w)-(\d+)/$2$1/g;
    $checksum += $found + length($text) + keys %lines;
    for my $key (keys %lines) { delete $lines{$key} if @{ $lines{$key} } > 3 }
    die "lost a line" unless $lines{ (keys %lines)[0] }[0]{text} =~ /^grain \d+ of bed/;
}
print "checksum=$checksum\n";
