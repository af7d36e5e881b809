package io.tlvm.catalog.catalog;

import java.math.BigInteger;
import java.util.Comparator;
import java.util.regex.Pattern;

/**
 * Orders versions the way people read them: part by part between dots, numbers by value, so that
 * {@code 22621.382} is older than {@code 22621.2428}. A part that is no number is older than any
 * number ({@code 1.rc1} before {@code 1.0}); more parts are newer.
 */
public enum VersionOrder implements Comparator<String> {
    INSTANCE;

    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,100}");

    @Override
    public int compare(String left, String right) {
        String[] a = left.split("\\.", -1);
        String[] b = right.split("\\.", -1);
        for (int i = 0; i < Math.min(a.length, b.length); i++) {
            int order = part(a[i], b[i]);
            if (order != 0) {
                return order;
            }
        }
        int length = Integer.compare(a.length, b.length);
        return length != 0
                ? length
                : left.compareTo(right); // 1.0 and 1.00 are different rows: the order must be total
    }

    private static int part(String left, String right) {
        boolean leftNumber = NUMBER.matcher(left).matches();
        boolean rightNumber = NUMBER.matcher(right).matches();
        if (leftNumber && rightNumber) {
            return new BigInteger(left).compareTo(new BigInteger(right));
        }
        return leftNumber ? 1 : rightNumber ? -1 : left.compareTo(right);
    }
}
