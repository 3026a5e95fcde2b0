# Looks for values in everything that can be read here, and prints `WORD PLACE` for each one that is found: files,
# environments, command lines, open files and memory of every process.
use strict;
use warnings;

# Written so that this text does not match itself.
my $value = qr/ven[d]ed-([a-z]+)-[0-9]+-[0-9]+/;
my %found;
my $files = 0;

sub look {
    my ($path, $place, $from, $length) = @_;
    open(my $file, '<:raw', $path) or return;
    seek($file, $from, 0) if $from;
    my ($rest, $before) = ($length, '');
    while (!defined $rest || $rest > 0) {
        my $want = defined $rest && $rest < 1048576 ? $rest : 1048576;
        my $got = sysread($file, my $piece, $want) or last;
        $rest -= $got if defined $rest;
        my $text = $before . $piece;
        $found{"$1 $place"} = 1 while $text =~ /$value/g;
        $before = substr($text, -100);
    }
    close $file;
}

sub walk {
    my ($folder) = @_;
    opendir(my $entries, $folder) or return;
    for my $name (readdir $entries) {
        next if $name eq '.' || $name eq '..';
        my $path = $folder eq '/' ? "/$name" : "$folder/$name";
        next if $path eq '/proc' || $path eq '/sys';
        lstat $path;
        if (-l _) { next }
        elsif (-d _) { walk($path) }
        elsif (-f _) { $files++; look($path, $path, 0) }
    }
}

walk('/');
for my $process (glob '/proc/[0-9]*') {
    next if $process eq "/proc/$$";
    look("$process/environ", '/proc/N/environ', 0);
    look("$process/cmdline", '/proc/N/cmdline', 0);
    for my $open (glob "$process/fd/*") {
        look($open, '/proc/N/fd', 0) if -f $open;
    }
    open(my $maps, '<', "$process/maps") or next;
    while (<$maps>) {
        next unless /^([0-9a-f]+)-([0-9a-f]+) r\S+ \S+ \S+ \d+\s*(\S*)/;
        next if $3 =~ /^\[v/;
        my ($from, $to) = (hex $1, hex $2);
        look("$process/mem", '/proc/N/mem', $from, $to - $from) if $to - $from < 1 << 28;
    }
}
print "$_\n" for sort keys %found;
print STDERR "$files files\n";
